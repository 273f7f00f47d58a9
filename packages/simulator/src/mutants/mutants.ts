import { judgeGrant } from "@cloudy/db-agent";
import { type CodeUnderTest, realCode } from "../code-under-test.ts";
import { agentMutants as agent } from "./agent-mutants.ts";
import { failoverMutants as failover } from "./failover-mutants.ts";
import { fileMutants as files } from "./file-mutants.ts";

/** A deliberate fault in the protocol or the decision, put around the real code. */
export interface Mutant {
  readonly name: string;
  readonly code: CodeUnderTest;
  /** It has to be caught within so many histories. */
  readonly seedsMax: number;
}

const mutant = (name: string, seedsMax: number, changes: Partial<CodeUnderTest>): Mutant => ({
  name,
  seedsMax,
  code: { ...realCode, ...changes },
});

const acceptAll: CodeUnderTest["judgeGrant"] = (state, grant) => ({ ...judgeGrant(state, grant), accepted: true });
const acceptNone: CodeUnderTest["judgeGrant"] = (state, grant) => ({ ...judgeGrant(state, grant), accepted: false });

export const MUTANTS: readonly Mutant[] = [
  mutant("epoch made without exclusion", 2_000, { answerRequest: files.notExclusive }),
  mutant("error of link taken as success", 1_000, { answerRequest: files.linkErrorTakenAsSuccess }),
  mutant("released without writing back", 1_000, { answerRequest: files.noWriteBack }),
  mutant("started without a grant", 20, { step: agent.startsWithoutGrant }),
  mutant("released before postgres has ended", 500, { step: agent.releasesBeforeExit }),
  mutant("goes on in the epoch of a former process", 1_000, { step: agent.goesOnInOldEpoch }),
  mutant("the postmaster's exit taken for the end of all", 500, { step: agent.exitIsEnough }),
  mutant("grant not bound to its epoch", 500, { step: agent.grantForAnyEpoch, judgeGrant: acceptAll }),
  mutant("grants ignored", 50, { judgeGrant: acceptNone }),
  mutant("granted before EC2 says terminated", 100, { surround: failover.shuttingDownIsDead }),
  mutant("source/destination check left on", 20, { surround: failover.noSourceDestCheck }),
  mutant("fenced after one missed round", 500, { decide: failover.oneRoundIsEnough }),
  mutant("fenced without a second opinion", 500, { surround: failover.noSecondOpinion }),
  mutant("fenced though nobody could take over", 500, { decide: failover.fencesTheLast }),
  mutant("acts on its own blindness", 100, { decide: failover.actsBlindly }),
];
