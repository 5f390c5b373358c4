// What a process uses, as Linux accounts for it.
import { readdir, readFile } from "node:fs/promises";

const nanosecondsPerSecond = 1e9;

/** @returns how much all threads of a process have computed so far, in seconds */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const tasks = `/proc/${pid}/task`;
  // The scheduler's own account of each thread, in nanoseconds: /proc/PID/stat counts in hundredths of a second.
  const accounts = await Promise.all((await readdir(tasks)).map((id) => readFile(`${tasks}/${id}/schedstat`, "utf8")));
  return accounts.reduce((sum, account) => sum + Number(account.split(" ")[0]), 0) / nanosecondsPerSecond;
}

/** @returns the memory that a process occupies now, in bytes */
export async function residentBytesOf(pid: number): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kibibytes === undefined) throw new Error(`process ${pid} occupies no memory: it has ended`);
  return Number(kibibytes) * 1024;
}

/** @returns the process ids of the processes that a process has started and that still run */
export async function childrenOf(pid: number): Promise<number[]> {
  const tasks = `/proc/${pid}/task`;
  const lists = await Promise.all((await readdir(tasks)).map((id) => readFile(`${tasks}/${id}/children`, "utf8")));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}
