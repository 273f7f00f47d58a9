import {
  answerRequest,
  type FileSteps,
  judgeGrant,
  type SharedRequest,
  type SharedValue,
  step,
} from "@cloudy/db-agent";
import { decide, type Surroundings } from "@cloudy/failover";

/** The code under test, as the simulated machines and functions call it. A mutant replaces one part. */
export interface CodeUnderTest {
  readonly step: typeof step;
  readonly judgeGrant: typeof judgeGrant;
  readonly answerRequest: (request: SharedRequest) => FileSteps<SharedValue>;
  readonly decide: typeof decide;
  /** What the failover function sees and does may pass through here. */
  readonly surround: (around: Surroundings) => Surroundings;
}

export const realCode: CodeUnderTest = {
  step,
  judgeGrant,
  answerRequest,
  decide,
  surround: (around) => around,
};
