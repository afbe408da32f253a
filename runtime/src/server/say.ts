/** What is printed for the person who started the server. */

/** What nobody reads any more, since the terminal was closed or the pipe's other end is gone, must not end the server out of order. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {}) // the log file has what matters
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
