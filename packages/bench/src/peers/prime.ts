/** Trial division by the odd numbers up to the root, as GET /load promises it: the same loop for all but the API. */
export function isPrime(number: number): boolean {
  if (number < 2) return false;
  if (number === 2) return true;
  if (number % 2 === 0) return false;
  const root = Math.floor(Math.sqrt(number));
  for (let divisor = 3; divisor <= root; divisor += 2) {
    if (number % divisor === 0) return false;
  }
  return true;
}
