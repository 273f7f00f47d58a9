/** What a campaign asks of one of its threads at a time: the seeds from `from` up to but not including `to`; the answer is their tally. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly hours: number;
}
