/** What people do about alerts, as the kind `alert` declares it: acknowledge an incident, silence alerts. */
import { objectNameOf } from '@spyglass/agent/contract'
import type { Registry } from '@spyglass/agent/registry'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Words } from '../words/index.ts'
import { fail } from './errors.ts'
import type { Evaluator } from './evaluator.ts'
import type { Incident } from './incident.ts'
import { Rehearsals } from './rehearsal.ts'
import { matchersText, type Silence, type Silences } from './silences.ts'

export interface AlertOperationsOptions {
  readonly evaluator: Evaluator
  readonly silences: Silences
  readonly registry: Registry
  /** Sends a receiver a page that is marked as a test. */
  readonly tryReceiver: (name: string, actor: string) => Promise<void>
  /** Writes the state: what was answered survives kill -9. */
  readonly save: () => void
  readonly words: Words
  readonly now: () => number
}

type Given = Readonly<Record<string, unknown>>

/** Carries an operation out. `actor` in its arguments: who invokes it. @throws SPY_INCIDENT_NAME_UNKNOWN, SPY_INCIDENT_OVER, SPY_SILENCE_… */
export function alertOperations(options: AlertOperationsOptions): (operation: string, given: Given) => unknown {
  const { silences, registry } = options
  const rehearsals = new Rehearsals({ registry })
  const operations: Readonly<Record<string, (given: Given) => unknown>> = {
    acknowledge: (given) => acknowledge(given, options),
    note: (given) => note(given, options),
    rehearse: (given) => rehearsals.begin(given),
    silences: () => silences.list().map((silence) => ({ ...shown(silence), state: silence.state })),
    silence: (given) => create(given, options),
    expireSilence: (given) => expire(given, options),
    testReceiver: async (given) => {
      const name = textIn(given, 'receiver')
      await options.tryReceiver(name, textIn(given, 'actor'))
      return `${name} has accepted a test page`
    },
  }
  return (operation, given) => operations[operation]?.(given)
}

function acknowledge(given: Given, { evaluator, registry, save, words, now }: AlertOperationsOptions): void {
  const [id, by, note] = [textIn(given, 'incident'), textIn(given, 'by') || textIn(given, 'actor'), textIn(given, 'note')]
  const incident = incidentOf(id, evaluator)
  if (incident.state === 'resolved') throw fail('SPY_INCIDENT_OVER', [id])
  evaluator.amend(incident.id, { acknowledged: { by, at: now(), note } })
  save()
  registry.emit({
    name: 'spyglass.alert.acknowledged',
    resource: incident.resource,
    incidentId: incident.id,
    message: words.takesCare({ by, rule: incident.rule, subject: words.subject(incident.resource), note }),
    attributes: { rule: incident.rule, by },
  })
}

/** Also about one that is over: that is when people know why. */
function note(given: Given, { evaluator, registry }: AlertOperationsOptions): void {
  const [id, by, text] = [textIn(given, 'incident'), textIn(given, 'by') || textIn(given, 'actor'), textIn(given, 'note').trim()]
  if (text === '') throw fail('SPY_INCIDENT_NOTE_INVALID', [id])
  const incident = incidentOf(id, evaluator)
  registry.emit({
    name: 'spyglass.alert.noted',
    resource: incident.resource,
    incidentId: incident.id,
    message: `${by}: ${text}`,
    attributes: { rule: incident.rule, by },
  })
}

/** @throws SPY_INCIDENT_NAME_UNKNOWN */
function incidentOf(id: string, evaluator: Evaluator): Incident {
  const incident = evaluator.find(id) ?? evaluator.list().find(({ open }) => open.includes(id))
  if (!incident) throw fail('SPY_INCIDENT_NAME_UNKNOWN', [id])
  return incident
}

function create(given: Given, { silences, registry, words }: AlertOperationsOptions): string {
  const silence = silences.add(given, textIn(given, 'createdBy') || textIn(given, 'actor'))
  const { id, createdBy, comment, endsAt } = silence
  registry.emit({
    name: 'spyglass.silence.created',
    resource: collector,
    message: words.silences({ by: createdBy, matchers: matchersText(silence), until: new Date(endsAt).toISOString(), comment }),
    attributes: { silence: id },
  })
  return id
}

function expire(given: Given, { silences, registry, words }: AlertOperationsOptions): void {
  const silence = silences.expire(textIn(given, 'id'))
  registry.emit({
    name: 'spyglass.silence.ended',
    resource: collector,
    message: words.endsSilence(textIn(given, 'actor'), matchersText(silence)),
    attributes: { silence: silence.id },
  })
}

const collector = objectNameOf(kinds.collector, { name: 'collector' })

const shown = (silence: Silence): Readonly<Record<string, string>> => ({
  id: silence.id,
  matchers: matchersText(silence),
  startsAt: new Date(silence.startsAt).toISOString(),
  endsAt: new Date(silence.endsAt).toISOString(),
  createdBy: silence.createdBy,
  comment: silence.comment,
})

const MAX_TEXT = 1000
const textIn = (given: Given, name: string): string => {
  const value = given[name]
  return typeof value === 'string' ? value.slice(0, MAX_TEXT) : ''
}
