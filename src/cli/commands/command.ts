// What a command is to the program: its place in the command line, and how its work gets done.
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { Report } from "../report.ts";

/** A command: its place in the command line and what it does. */
export type CommandMaker = (context: Context, run: Run) => Command;

/** Runs a command's work and keeps its report. An action ends with it. */
export type Run = (work: () => Promise<Report>) => Promise<void>;
