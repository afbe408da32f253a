/**
 * The samples that rules look back at: one series for each number and resource, however many rules look at it. They are kept in a file, so
 * that a start, also one after kill -9, goes on where the last process ended instead of waiting until the windows are full again.
 */
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { type Consequences, type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import type { Logger } from '@spyglass/process/logger'
import { type Sample, SampleWindow } from './sample-window.ts'

export interface SampleWindowsOptions {
  /** Folder of the file. Without one nothing is kept. */
  readonly folder?: string
  readonly logger: Logger
  readonly onDamage?: ((damage: Damage) => void) | undefined
}

type Saved = Readonly<Record<string, Readonly<Record<string, readonly (readonly [time: number, value: number])[]>>>>

const FILE = 'rule-windows.json'
const SAVE_EVERY_MS = 30_000

/** What a damaged file costs. */
export const damagedWindows: Consequences = {
  fromPrevious: 'the previous copy was restored: the windows of alert rules lack half a minute',
  lost: 'the windows of alert rules fill again',
}

export class SampleWindows {
  readonly #windows = new Map<string, SampleWindow>()
  readonly #saved: Saved
  readonly #file: StateFile<Saved> | undefined
  readonly #logger: Logger
  readonly #timer: NodeJS.Timeout | undefined

  constructor({ folder, logger, onDamage = () => {} }: SampleWindowsOptions) {
    this.#logger = logger
    this.#file = folder === undefined ? undefined : openStateFile({ file: join(folder, FILE), parse: savedOf, onDamage })
    this.#saved = this.#file?.read() ?? {}
    if (this.#file) this.#timer = setInterval(() => this.save(), SAVE_EVERY_MS).unref()
  }

  /** The samples of a number, with those of an earlier process: as far back as the rule that looks furthest. */
  of(number: string, windowMs: number): SampleWindow {
    const window = this.#windows.get(number) ?? new SampleWindow(windowMs, seriesIn(this.#saved[number]))
    window.reachBack(windowMs)
    this.#windows.set(number, window)
    return window
  }

  /** Writes them; a disk that is full costs no more than what a start would have found. */
  save(): void {
    const saved = [...this.#windows].map(([number, window]) => [number, Object.fromEntries(pairsOf(window))] as const)
    if (!this.#file || saved.every(([, series]) => Object.keys(series).length === 0)) return
    try {
      this.#file.write(Object.fromEntries(saved))
    } catch (error) {
      this.#logger.debug({ cause: messageOf(error) }, 'the windows of alert rules are not saved')
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    this.save()
  }
}

const pairsOf = (window: SampleWindow) =>
  [...window.series()].map(([resource, samples]) => [resource, samples.map(({ time, value }) => [time, value] as const)] as const)

function seriesIn(saved: Saved[string] | undefined): ReadonlyMap<string, readonly Sample[]> {
  const series = Object.entries(saved ?? {})
  return new Map(series.map(([resource, pairs]) => [resource, pairs.map(([time, value]) => ({ time, value }))]))
}

function savedOf(content: unknown): Saved {
  const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every((one) => typeof one === 'number')
  const isSeries = (series: unknown): boolean => Array.isArray(series) && series.every(isPair)
  const isWindow = (window: unknown): boolean => isRecord(window) && Object.values(window).every(isSeries)
  if (!isRecord(content) || !Object.values(content).every(isWindow)) throw wrongShape('it is not what rules have looked at')
  return content as Saved
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
