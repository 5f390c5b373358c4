// Runs all rows, one after the other: the result of one token must not depend on another.
import type { Section } from "./case.ts";
import type { AnsweredSection } from "./document.ts";
import type { Outcome } from "./outcome.ts";
import { reviewCase } from "./review.ts";
import type { Scene } from "./scene.ts";

export async function answerSections(scene: Scene, sections: readonly Section[]): Promise<AnsweredSection[]> {
  const answered: AnsweredSection[] = [];
  for (const section of sections) {
    const outcomes: Outcome[] = [];
    for (const row of section.rows) outcomes.push(await reviewCase(scene, section, row));
    answered.push({ section, outcomes });
  }
  return answered;
}
