/** What rules measure over more than one window of the requests of a service: how fast an objective is used up, and how a number has changed. */
import { type Burn, type Changed, unitOf } from '@spyglass/dashboards'
import type { Words } from '../words/index.ts'
import { type Measured, shown } from './measured.ts'
import { numberIn, type RuleValues, type Subject } from './rule-values.ts'

type Services = ReadonlyMap<string, Subject>

const byResource = (subjects: readonly Subject[]): Services => new Map(subjects.map((subject) => [subject.resource, subject]))

/** The worst of its windows; 1 is what the rule allows. */
export async function burnsOf(when: Burn, values: RuleValues): Promise<readonly Measured[]> {
  const lengths = [...new Set(when.windows.flatMap(({ longMs, shortMs }) => [longMs, shortMs]))]
  const read = await Promise.all(lengths.map(async (ms) => [ms, byResource(await values.services(ms))] as const))
  const windows = new Map(read)
  const subjects = new Map(read.flatMap(([, services]) => [...services]))
  return [...subjects.values()].map((subject) => burnOf(subject, when, { windows, words: values.words }))
}

interface Burning {
  readonly windows: ReadonlyMap<number, Services>
  readonly words: Words
}

function burnOf(subject: Subject, when: Burn, { windows, words }: Burning): Measured {
  const burns = when.windows.map((window) => {
    const [long, short] = [window.longMs, window.shortMs].map((ms) => shareIn(windows.get(ms)?.get(subject.resource), when))
    const isEnough = long !== undefined && short !== undefined && long.all >= when.atLeast
    return { window, long, number: isEnough ? Math.min(long.share, short.share) / (1 - when.objective) / window.factor : 0 }
  })
  const worst = burns.reduce((most, one) => (one.number > most.number ? one : most))
  if (worst.long === undefined) return { subject, number: undefined }
  const { share, part, all } = worst.long
  return {
    subject,
    number: worst.number,
    detail: words.burn({ share: shown(share, '1'), overMs: worst.window.longMs, part, all, allowed: shown(1 - when.objective, '1') }),
    attributes: { [when.value.attribute]: part, [when.to.attribute]: all },
  }
}

interface Share {
  readonly part: number
  readonly all: number
  readonly share: number
}

function shareIn(subject: Subject | undefined, { value, to }: Burn): Share | undefined {
  if (!subject) return undefined
  const [part, all] = [numberIn(subject, value.attribute), numberIn(subject, to.attribute)]
  return part === undefined || all === undefined || all === 0 ? undefined : { part, all, share: part / all }
}

/** How many times the number is what it was. Nothing can be said of a service that had too few requests then. */
export async function changesOf(when: Changed, values: RuleValues): Promise<readonly Measured[]> {
  const [present, earlier] = await Promise.all([values.services(when.overMs), values.services(when.overMs, when.againstMs)])
  const then = byResource(earlier)
  return present.map((subject) => changeOf({ subject, earlier: then.get(subject.resource), words: values.words }, when))
}

interface Changing {
  readonly subject: Subject
  readonly earlier: Subject | undefined
  readonly words: Words
}

function changeOf({ subject, earlier, words }: Changing, { value, bound, againstMs, atLeast }: Changed): Measured {
  const [now, before] = [subject, earlier].map((one) => one && numberOf(one, value.attribute, atLeast))
  if (now === undefined || before === undefined || before === 0 || now <= bound.above) return { subject, number: undefined }
  const unit = unitOf(value)
  const detail = words.changed(shown(now, unit), shown(before, unit), againstMs)
  return { subject, number: now / before, detail, attributes: { [value.attribute]: now } }
}

const numberOf = (subject: Subject, attribute: string, atLeast: number): number | undefined =>
  (numberIn(subject, 'requests') ?? 0) < atLeast ? undefined : numberIn(subject, attribute)
