/** An experiment did not go as promised. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}
