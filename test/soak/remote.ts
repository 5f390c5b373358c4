// Processes of a soak that are asked by messages, one at a time.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../support/worker-config.ts";

interface Reply {
  readonly value?: unknown;
  readonly problem?: string;
}

export interface Remote<Call, Value> {
  readonly pid: number;
  call(message: Call): Promise<Value>;
  stop(): Promise<void>;
}

/** @param file in this folder @param onStderr what the process writes there */
export function startRemote<Call extends object, Value>(
  file: string,
  onStderr: (text: string) => void,
  execArgv: readonly string[] = [],
): Remote<Call, Value> {
  const child = fork(join(repositoryRoot, "test/soak", file), {
    execArgv: [...execArgv],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  child.stderr?.setEncoding("utf8").on("data", onStderr);
  const endAtExit = () => child.kill("SIGKILL");
  process.once("exit", endAtExit);
  const ended = once(child, "exit").then((): Reply => ({ problem: "the process ended" }));
  const ask = async (message: Call): Promise<Value> => {
    child.send(message);
    const received = once(child, "message").then(([reply]) => reply as Reply); // written by `answerCalls`
    const { value, problem } = await Promise.race([received, ended]);
    if (problem !== undefined) throw new Error(`${file}: ${problem}`);
    return value as Value; // the process answers with this type
  };
  let asked: Promise<unknown> = Promise.resolve();
  return {
    pid: child.pid ?? 0,
    call(message) {
      const answer = asked.then(() => ask(message));
      asked = answer.catch(() => undefined);
      return answer;
    },
    async stop() {
      process.off("exit", endAtExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** In the process: answers each message with what the function comes to. */
export function answerCalls<Call>(answer: (call: Call) => Promise<object>): void {
  // The soak was killed: what this process has started ends with it.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.on("message", (call: Call) => {
    answer(call).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ problem: String(error instanceof Error ? error.stack : error) }),
    );
  });
}
