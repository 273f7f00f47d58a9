/**
 * Trial division by every odd number up to the root, on purpose: it is the load of the demonstration.
 * `number` is a whole number from 0 to 2^53-1; the root of such a number is exact enough in a double.
 */
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
