// The workflows that docs/ci.md shows.
import { parse } from "yaml";
import { readDocument } from "./document-commands.ts";

export interface DocumentedStep {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly shell?: "bash" | "sh";
  readonly run?: string;
}

export interface DocumentedWorkflow {
  readonly text: string;
  readonly steps: readonly DocumentedStep[];
}

/** @param text a workflow with one job, "deploy" */
export function documentedWorkflow(text: string): DocumentedWorkflow {
  const workflow = parse(text) as { jobs: { deploy: { steps: DocumentedStep[] } } }; // our own page
  return { text, steps: workflow.jobs.deploy.steps };
}

/** @returns the one with the action, and the one with curl alone; @throws if the page has others */
export function documentedWorkflows(): readonly [DocumentedWorkflow, DocumentedWorkflow] {
  const blocks = [...readDocument("docs/ci.md").matchAll(/```yaml\n(on: .*?)```/gs)].map(([, text = ""]) => text);
  const [withAction, withCurl, ...others] = blocks.map(documentedWorkflow);
  if (withAction === undefined || withCurl === undefined || others.length > 0) {
    throw new Error(`docs/ci.md has ${blocks.length} workflows`);
  }
  return [withAction, withCurl];
}
