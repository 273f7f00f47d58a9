import { parentPort } from "node:worker_threads";
import { isPrime } from "./prime.ts";

/** Answers each number. */
parentPort?.on("message", (number: number) => parentPort?.postMessage(isPrime(number)));
