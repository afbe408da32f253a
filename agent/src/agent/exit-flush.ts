/**
 * Sends what is left when the process ends. At `beforeExit` there is still a loop to send with; at `exit` (process.exit, an
 * uncaught exception) there is none, and a short-lived child sends instead. Both are bounded in time; signals are left alone.
 */
import process from 'node:process'
import type { OtlpExporter, PendingRequest } from '../otlp/exporter.ts'

const FLUSH_MS = 450

export interface ExitFlushOptions {
  readonly exporter: OtlpExporter
  /** Hands the exporter what was gathered since the last interval. */
  readonly collect: () => void
}

export function flushAtExit({ exporter, collect }: ExitFlushOptions): void {
  let flushed = false
  process.on('beforeExit', () => {
    if (flushed) return // our own flush ran the loop again
    flushed = true
    collect()
    void exporter.flush(FLUSH_MS)
  })
  process.on('exit', () => {
    if (!flushed) collect()
    if (exporter.isFailing) return // nobody is there: do not keep the process for it
    const pending = exporter.takePending()
    if (pending.length > 0) sendByChild(pending)
  })
}

/** Reads the requests from its standard input: a line of JSON that describes them, then their bodies. */
const CHILD_PROGRAM = `
const chunks = []
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  const input = Buffer.concat(chunks)
  let at = input.indexOf(10) + 1
  for (const { url, headers, length } of JSON.parse(input.subarray(0, at))) {
    const body = input.subarray(at, (at += length))
    const { request } = require(url.startsWith('https:') ? 'https' : 'http')
    request(url, { method: 'POST', headers: { ...headers, 'content-length': length } }, (answer) => answer.resume()).on('error', () => {}).end(body)
  }
})`

function sendByChild(pending: readonly PendingRequest[]): void {
  const head = pending.map(({ url, headers, body }) => ({ url, headers, length: body.length }))
  const input = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...pending.map(({ body }) => body)])
  try {
    const { spawnSync } = process.getBuiltinModule('node:child_process')
    spawnSync(process.execPath, ['-e', CHILD_PROGRAM], {
      input,
      timeout: FLUSH_MS,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      windowsHide: true,
    })
  } catch {
    // The permission model may forbid children: the last seconds are lost, the process ends as it would.
  }
}
