/**
 * What is true of an incident's resource now. A reminder that repeated the first evidence would miss the cause that came later: the
 * pool has other holders by then, and the instance another reason to be down.
 */
import { codeOf, type Holder, type ResourceKind } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import type { Logger } from '@spyglass/process/logger'
import { type ManagedResource, type ManagementClient, numberOf, textOf } from '../query/index.ts'
import type { Amendment } from './evaluator.ts'
import type { Words } from '../words/index.ts'
import { exhaustedText, keyOf } from './event-source.ts'
import type { Incident } from './incident.ts'

export interface PresentStateOptions {
  readonly management: ManagementClient
  readonly logger: Logger
  readonly words: Words
  /** Timeout of the answer: a reminder waits for it. Default 1800. */
  readonly timeoutMs?: number
}

type Fresh = Pick<Amendment, 'summary' | 'holders'>

interface Reading {
  readonly kind: ResourceKind
  readonly freshOf: (incident: Incident, found: readonly ManagedResource[], words: Words) => Fresh
}

/** How the present state is read, by the rule. Rules over rollups and in the registry bring theirs with each finding. */
const readings: Readonly<Record<string, Reading>> = {
  PoolExhausted: { kind: kinds.borrower, freshOf: freshPool },
  InstanceDown: { kind: kinds.instance, freshOf: freshInstance },
}

/** Nothing when there is nothing newer, or when the endpoint does not tell. Never throws. */
export async function presentState(
  incident: Incident,
  { management, logger, words, timeoutMs = 1800 }: PresentStateOptions,
): Promise<Fresh> {
  const reading = readings[incident.rule]
  if (!reading || incident.origin !== undefined) return {}
  try {
    const [found = []] = await management.read([reading.kind], timeoutMs)
    return reading.freshOf(incident, found, words)
  } catch (error) {
    logger.warn({ code: codeOf(error) }, 'a reminder repeats what is known: management did not say what is true now')
    return {}
  }
}

function freshPool({ resource }: Incident, borrowers: readonly ManagedResource[], words: Words): Fresh {
  const [instance, name] = [keyOf(resource, 'instance'), keyOf(resource, 'name')]
  const holders = borrowers
    .filter(({ values }) => textOf(values['instance']) === instance && textOf(values['datasource']) === name)
    .map(holderOf)
    .toSorted((a, b) => b.heldMs - a.heldMs)
  const summary = exhaustedText(resource, holders, words)
  return summary === undefined ? {} : { summary, holders }
}

function holderOf({ values }: ManagedResource): Holder {
  const stack = values['stack']
  return {
    connection: numberOf(values['connection']),
    heldMs: numberOf(values['held']),
    route: textOf(values['route']),
    traceId: textOf(values['traceId']),
    statement: textOf(values['statement']),
    location: textOf(values['location']),
    leaked: values['leaked'] === true,
    stack: Array.isArray(stack) ? stack.map(String) : [],
  }
}

/** One that crashes again and again may run while the reminder is written: how often it did is what counts. */
function freshInstance({ resource, attributes }: Incident, instances: readonly ManagedResource[], words: Words): Fresh {
  if (attributes['reason'] === 'crash-loop') return {}
  const own = instances.find(({ values }) => textOf(values['name']) === keyOf(resource, 'name'))
  const failure = textOf(own?.values['lastFailure'])
  return failure === '' ? {} : { summary: words.instanceDown(keyOf(resource, 'name'), failure) }
}
