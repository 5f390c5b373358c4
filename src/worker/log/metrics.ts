// Metrics: one data point for each review into Workers Analytics Engine, for dashboards and alerts. docs/metrics.md
// shows the columns. No data point names a user or a token: a dataset keeps them for three months. A fault here costs a
// data point, never a review.
import type { ForeignKind } from "../credential/kind.ts";
import { unauthenticated, type Verdict } from "../verdict.ts";

/** The part of an Analytics Engine dataset that is used. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/**
 * Names of the columns; the first is `blob1`. Data points stay as they were written for three months, so a column is
 * added at the end and never moved.
 */
export const blobColumns = ["event", "cluster", "verdict", "reason", "source", "token_kind", "grant"] as const;
/** Names of the columns; the first is `double1`. */
export const doubleColumns = [
  "reviews",
  "duration_ms",
  "github_status",
  "certificate_days_left",
  "outage_grace",
] as const;

/** Stands for a number that is not known: none of them is ever negative otherwise. */
export const unknownNumber = -1;

/** A review, or a decision at the sign-in hostname, as the metrics see it. */
export interface MeasuredDecision {
  readonly event: "review" | "sign_in";
  /** The cluster's or client's. */
  readonly name: string;
  /** "" for a review. */
  readonly grant: string;
  readonly verdict: Verdict;
  /** As in the decision log. */
  readonly source: string;
  /** "" where it is not known. */
  readonly tokenKind: string;
  readonly durationMs: number;
  /** Null where GitHub did not answer or was not asked. */
  readonly githubStatus: number | null;
  readonly certificateDaysLeft: number | null;
  readonly outageGrace: boolean;
}

export interface Metrics {
  decided(decision: MeasuredDecision): void;
  /**
   * Tokens that are not GitHub tokens come by the ten thousand a minute, and an invocation may write a few data points
   * only: they are written as sums.
   */
  ignored(cluster: string, foreignKind: ForeignKind, reviews: number): void;
  /** KV had a fault; comes at most once a minute from an isolate. */
  kvFault(): void;
}

/** @param writeWarning is called once where the dataset takes no data points */
export function createMetrics(dataset: Dataset, writeWarning: (text: string) => void): Metrics {
  let hasWarned = false;

  function write(blobs: Columns<typeof blobColumns, string>, doubles: Columns<typeof doubleColumns, number>): void {
    try {
      // Analytics Engine samples each index apart where there are too many points: a busy cluster does not hide a quiet
      // one.
      dataset.writeDataPoint({ indexes: [blobs[1]], blobs: [...blobs], doubles: [...doubles] });
    } catch {
      if (!hasWarned) writeWarning("METRICS takes no data points: is it an Analytics Engine dataset?");
      hasWarned = true;
    }
  }

  return {
    decided({ event, name, verdict, source, tokenKind, grant, durationMs, ...decision }) {
      const { githubStatus, certificateDaysLeft, outageGrace } = decision;
      write(
        [event, name, verdict.kind, verdict.reason, source, tokenKind, grant],
        [1, durationMs, githubStatus ?? unknownNumber, certificateDaysLeft ?? unknownNumber, outageGrace ? 1 : 0],
      );
    },
    ignored(cluster, foreignKind, reviews) {
      const { kind, reason } = unauthenticated("not_github_token");
      write(
        ["ignored", cluster, kind, reason, "none", foreignKind, ""],
        [reviews, unknownNumber, unknownNumber, unknownNumber, 0],
      );
    },
    kvFault() {
      write(["kv_fault", "", "", "", "kv", "", ""], [0, unknownNumber, unknownNumber, unknownNumber, 0]);
    },
  };
}

/** As many values as there are columns. */
type Columns<Names extends readonly string[], Value> = { readonly [Position in keyof Names]: Value };
