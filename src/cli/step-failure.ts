// A step that cannot be done for a reason outside of this program: Cloudflare says no, wrangler fails, a file is missing. It ends the command from wherever
// it happens; what was done before stays, and the command goes on from there when it is run again.
import { failed, type Report, type Trouble } from "./report.ts";

export class StepFailure extends Error {
  readonly troubles: readonly Trouble[];

  constructor(...troubles: readonly [Trouble, ...Trouble[]]) {
    super(troubles.map(({ where, message }) => `${where}: ${message}`).join("\n"));
    this.troubles = troubles;
  }
}

/** @returns what the work reports, or the step that failed as a report */
export async function reportFailures(work: () => Promise<Report>): Promise<Report> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return failed(...error.troubles);
  }
}
