/**
 * What an overloaded application still serves, without protection, with admission, and with @fastify/under-pressure, in one run:
 * `node --conditions=spyglass-source bench/admission.bench.ts [--quick]`. An open-loop client on the other core sends 2, 5 and 10 times what the application can serve at
 * most. It answers after 10 ms of waiting and 10 ms of computing; its slow dependency serves 8 at a time, for 20 ms each. `good` is 200 within 250 ms, in
 * parts of what the unprotected application answers at most; `p99` that of the admitted, in parts of the unloaded. Refusing costs about 50 µs, most of it in Node and the kernel: at ten times saturation
 * it takes a twentieth of the time from requests of 10 ms, and a tenth from those of 5 ms.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Answers, sendOpen } from './admission/open-load.ts'
import { type Figure, printResult } from './result.ts'

const QUICK = process.argv.includes('--quick')
const TIMES = QUICK ? [2] : [2, 5, 10]
const MS = QUICK ? 5000 : 9000
const WARM_UP_MS = QUICK ? 2000 : 3000
const GOOD_MS = 250
const GOODPUT_BAR = 0.95
const P99_BAR = 6

const off = { enabled: false, loopDelayMs: 10, poolWaitMs: 100, share: 100, weights: [] }
const SIDES = {
  none: { admission: off, environment: {} },
  admission: { admission: { ...off, enabled: true, latencyMs: 60 }, environment: {} },
  underPressure: { admission: off, environment: { BENCH_UNDER_PRESSURE: '1' } },
} as const
type Side = keyof typeof SIDES

const startedMs = performance.now()
const root = mkdtempSync(join(tmpdir(), 'spyglass-admission-'))
const figures: Record<string, Figure> = {}

async function start(side: Side): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const { admission, environment } = SIDES[side]
  const child = fork(join(import.meta.dirname, 'admission/server.ts'), [mkdtempSync(join(root, 'side-')), JSON.stringify(admission)], {
    execArgv: ['--conditions=spyglass-source'],
    env: { ...process.env, ...environment, NODE_OPTIONS: '' },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { port, child }
}

async function measure(side: Side, path: string, perSecond: number, ms = MS): Promise<Answers> {
  const { port, child } = await start(side)
  const answers = await sendOpen(port, { path, perSecond, ms, warmUpMs: WARM_UP_MS })
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
  return answers
}

const goodPerSecond = ({ good, seconds }: Answers): number => good.filter((ms) => ms <= GOOD_MS).length / seconds
const p99 = ({ good }: Answers): number => good.toSorted((a, b) => a - b)[Math.floor(good.length * 0.99)] ?? Number.NaN
const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** `expected`: requests a second that it can serve by its constants. */
async function compare(path: string, expected: number): Promise<void> {
  const unloaded = p99(await measure('none', path, expected / 5, 2 * MS)) // of a few answers it would be the slowest
  const saturated = await measure('none', path, expected * 2)
  const most = saturated.answered / saturated.seconds
  figures[`${path.slice(1)}.most`] = { value: rounded(most), unit: 'requests/s, unprotected', better: 'higher' }
  figures[`${path.slice(1)}.unloaded`] = { value: rounded(unloaded), unit: 'ms, p99', better: 'lower' }
  for (const times of TIMES)
    for (const side of Object.keys(SIDES) as Side[])
      note(`${path.slice(1)}.${times}x.${side}`, side, await measure(side, path, most * times), { most, unloaded })
}

function note(name: string, side: Side, answers: Answers, { most, unloaded }: { readonly most: number; readonly unloaded: number }): void {
  const isOurs = side === 'admission'
  figures[`${name}.good`] = {
    value: rounded(goodPerSecond(answers) / most),
    unit: 'of the unprotected maximum',
    better: 'higher',
    isRatio: true,
    ...(isOurs ? { bar: GOODPUT_BAR } : {}),
  }
  figures[`${name}.p99`] = {
    value: rounded(p99(answers) / unloaded),
    unit: '× the unloaded p99',
    better: 'lower',
    ...(isOurs ? { bar: P99_BAR } : {}),
  }
  const { refused, failed, seconds } = answers
  process.stderr.write(
    `${name}: good ${Math.round(goodPerSecond(answers))}/s, p99 ${Math.round(p99(answers))} ms, refused ${Math.round(refused / seconds)}/s, failed ${failed}\n`,
  )
}

try {
  await compare('/work', 97)
  await compare('/dependency', 380)
  printResult('admission', figures, startedMs)
} finally {
  rmSync(root, { recursive: true, force: true })
}
