// What a study is: the settings that it compares, and how what was found becomes text and pictures.

import type { Job } from "../jobs.ts";
import type { Picture } from "../report/pictures.ts";
import type { Findings } from "./findings.ts";

export interface Study {
  readonly name: string;
  readonly needs: readonly Job[];
  /** Called once everything that it needs is found. */
  report(findings: Findings): Report;
}

export interface Report {
  readonly markdown: string;
  readonly pictures: readonly Picture[];
}
