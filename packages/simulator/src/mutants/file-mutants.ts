import { answerRequest, type FileSteps, type SharedValue } from "@cloudy/db-agent";
import type { CodeUnderTest } from "../code-under-test.ts";

type AnswerRequest = CodeUnderTest["answerRequest"];

const linkErrorTakenAsSuccess: AnswerRequest = function* (request) {
  const value = yield* answerRequest(request);
  return request.do === "make-epoch" ? { is: "made", won: true } : value;
};

/** Instead of link(2): looks whether the name is free, and then writes it. */
const notExclusive: AnswerRequest = function* (request) {
  if (request.do !== "make-epoch") return yield* answerRequest(request);
  const { number, holder, token, createdAt } = request;
  const path = `/epochs/epoch-${number}.json`;
  if ((yield { op: "stat", path }) !== undefined) return { is: "made", won: false };
  const descriptor = yield { op: "open", path, flags: "w", mode: 0o640 };
  const content = JSON.stringify({ epoch: number, holder, token, createdAt });
  if (typeof descriptor === "number") yield { op: "write", descriptor, content };
  return { is: "made", won: true };
};

/** The release does not wait for what a dead postgres has written. */
const noWriteBack: AnswerRequest = function* (request): FileSteps<SharedValue> {
  const steps = answerRequest(request);
  let next = steps.next();
  while (next.done !== true) {
    if (next.value.op === "sync-file-system") {
      next = steps.next(undefined);
      continue;
    }
    try {
      const result = yield next.value;
      next = steps.next(result);
    } catch (error) {
      next = steps.throw(error);
    }
  }
  return next.value;
};

export const fileMutants = { linkErrorTakenAsSuccess, notExclusive, noWriteBack };
