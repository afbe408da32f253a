/**
 * The administration of one server: its desired settings, the changes that commands made, and the history. It starts no process; its host
 * listens to changes and carries operations out. A change is acknowledged when its state and its line in the history are on the disk.
 */
import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { mayAct } from '@spyglass/process/access'
import type { SettingsInput, SpyglassConfig } from '@spyglass/process/config'
import type { Damage, StateFile } from '@spyglass/process/durable-file'
import { formatName, matcherOf, parseName } from '@spyglass/process/settings'
import type {
  Act,
  ActOptions,
  Administration,
  AdministrationRequest,
  Answers,
  Caller,
  ChangeListener,
  ChangeResult,
  HistoryEntry,
  ReloadOutcome,
  SettingChange,
} from './administration.ts'
import { applyChanges, type Change, compacted, inForce, isOver, type Step } from './changes.ts'
import { type Desired, desiredWithChange, type SettingsRules } from './desired-settings.ts'
import { fail } from './errors.ts'
import { type HistoryFile, openHistory } from './history-file.ts'
import { effectOf, needsOf } from './needs.ts'
import { argumentsOf, type Executors, operationNamed, type Outcome, shownArguments, shownOutcome } from './operations.ts'
import { Pending } from './pending.ts'
import { roleFor } from './permission.ts'
import { differences, listed, type Origins, settingValues } from './reading.ts'
import { type Path, targetOf, type Tree, valueAt } from './settings-tree.ts'
import { createStep, removalStep, setSteps } from './steps.ts'
import { shown } from './setting-value.ts'
import { storedChanges } from './stored-changes.ts'

export interface AdministrationOptions {
  /** `<data>/administration` */
  readonly folder: string
  /** What the server was started with. */
  readonly input: SettingsInput
  /** The settings that it was started with, changes included. */
  readonly started: Omit<Desired, 'skipped'>
  /** Loaded when the first change comes, since the parser takes 20 MB. */
  readonly rules: () => Promise<SettingsRules>
  /** Reads the settings again, as the file is now. */
  readonly readAgain: () => Promise<SettingsInput>
  /** Carries out operations, by `KIND.OPERATION`. Default: none. */
  readonly executors?: Executors
  /** Whether a file is an archive that a client sent, which has a path of ours. Default: none is. */
  readonly isUploaded?: (file: string) => boolean
  readonly onDamage: (damage: Damage) => void
  /** Something that an operator should know. */
  readonly onProblem?: (message: string) => void
  readonly now?: () => number
}

interface BeforeAndAfter<T> {
  readonly before: T
  readonly after: T
}

const POSTPONE_MS = 60_000
const MAX_TIMER_MS = 2_147_483_647
const MAX_RESULT = 500

export function openAdministration(options: AdministrationOptions): Administration {
  return new ServerAdministration(options)
}

class ServerAdministration implements Administration {
  readonly #options: AdministrationOptions
  readonly #now: () => number
  readonly #stored: StateFile<readonly Change[]>
  readonly #history: HistoryFile
  readonly #listeners = new Set<ChangeListener>()
  readonly #pending = new Pending()
  #changes: readonly Change[]
  #desired: Omit<Desired, 'skipped'>
  /** Acts are carried out one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: AdministrationOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#desired = options.started
    this.#stored = storedChanges(options.folder, options.onDamage)
    this.#changes = this.#stored.read() ?? []
    this.#history = openHistory(join(options.folder, 'history.jsonl'), options.onProblem)
    if (this.#history.damaged > 0) options.onProblem?.(`${this.#history.damaged} lines of the history are damaged; they are skipped`)
    this.#completeHistory()
    this.#setTimer()
  }

  get config(): SpyglassConfig {
    return this.#desired.config
  }

  get settings(): SpyglassConfig {
    return this.#desired.settings
  }

  async answer<R extends AdministrationRequest>(request: R, caller: Caller): Promise<Answers[R['verb']]> {
    const needed = roleFor(request, (name) => operationNamed(name).declared.role)
    if (!mayAct(caller.role, needed)) throw fail('SPY_ADMIN_FORBIDDEN', [request.verb, needed, caller.actor, caller.role])
    return (await this.#answer(request, caller)) as Answers[R['verb']]
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  applied(parts: readonly string[]): void {
    this.#pending.applied(parts)
  }

  reloaded(change: number, outcome: ReloadOutcome): void {
    try {
      if (!this.#stopped) this.#history.complete(change, { ...outcome, result: outcome.result.slice(0, MAX_RESULT) })
    } catch (error) {
      this.#options.onProblem?.(`the history cannot take the outcome of change ${change}: ${messageOf(error)}`)
    }
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#history.close()
  }

  async #answer(request: AdministrationRequest, { actor }: Caller): Promise<Answers[AdministrationRequest['verb']]> {
    switch (request.verb) {
      case 'list':
        return listed(this.#desired.settings, request.pattern)
      case 'get':
        return settingValues(this.#origins(), request.names)
      case 'history':
        return this.#entries(request.pattern, request.limit)
      case 'diff':
        return this.#diff()
      case 'invoke':
        return this.#invoke(request, actor)
      case 'undo':
        return this.#inTurn(() => this.#undo({ ...request.options, actor }, request.change))
      default:
        return this.#inTurn(() => this.#change({ ...request.options, actor }, { verb: request.verb, steps: this.#stepsFor(request) }))
    }
  }

  #stepsFor(request: Extract<AdministrationRequest, { verb: 'set' | 'create' | 'delete' }>): readonly Step[] {
    if (request.verb === 'set') return setSteps(request.values, this.#desired.settings)
    return [request.verb === 'create' ? createStep(request.name, request.values) : removalStep(request.name)]
  }

  #origins(): Origins {
    return { settings: this.#desired.settings, input: this.#options.input, changes: this.#changes, now: this.#now() }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {}) // the caller is told
    return turn
  }

  #undo(act: Act, id: number | undefined): Promise<ChangeResult> {
    const now = this.#now()
    const active = inForce(this.#changes, now).filter(({ settled }) => settled !== true)
    const found = id === undefined ? active.findLast(({ undoes }) => undoes === undefined) : active.find((change) => change.id === id)
    const restored = found?.undoes === undefined ? undefined : this.#changes.find((change) => change.id === found.undoes)
    if (!found) throw fail('SPY_ADMIN_CHANGE_UNKNOWN', [id ?? 'that could be undone'])
    if (restored && isOver(restored, now)) throw fail('SPY_ADMIN_CHANGE_EXPIRED', [restored.id])
    const { change, time, actor, verb, names, reason } = this.#entryOf(found, [])
    const takesBack = { change, time, actor, verb, names, ...(reason === undefined ? {} : { reason }) }
    return this.#change(act, { verb: 'undo', steps: [], undoes: found.id }).then((result) => ({ ...result, takesBack }))
  }

  async #change(act: Act, what: Pick<Change, 'verb' | 'steps' | 'undoes'>): Promise<ChangeResult> {
    const { dryRun = false, until, reason, actor } = act
    const now = this.#now()
    if (until !== undefined && until <= now) throw fail('SPY_ADMIN_UNTIL', [new Date(until).toISOString()])
    this.#requireUnchanged(act)
    const change: Change = {
      id: this.#nextId(),
      time: now,
      actor,
      ...what,
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { until }),
    }
    const { desired, given } = await this.#desiredWith(change)
    const paths = this.#pathsOf(change)
    const changed = this.#changedBetween(paths, { before: this.#desired.settings, after: desired.settings }, given)
    const needs = needsOf(
      changed.map(({ path }) => path),
      [this.#desired.config, desired.config],
    )
    const rows = changed.map(({ row }) => row)
    if (dryRun || (rows.length === 0 && what.undoes === undefined)) return { changed: rows, needs }
    this.#keep(change, rows)
    return this.#adopt(desired, { change: change.id, changed: rows, needs })
  }

  /** @throws SPY_ADMIN_CHANGED, SPY_ADMIN_NAME_UNKNOWN */
  #requireUnchanged({ unchanged = [] }: Act): void {
    if (unchanged.length === 0) return
    const present = new Map(
      settingValues(
        this.#origins(),
        unchanged.map(({ name }) => name),
      ).map((setting) => [setting.name, setting]),
    )
    for (const { name, value, change } of unchanged) {
      const now = present.get(name)
      if (!isDeepStrictEqual([now?.value, now?.change], [value, change])) throw fail('SPY_ADMIN_CHANGED', [name])
    }
  }

  /** The settings with a change, and what was given of them before and with it, without defaults. */
  async #desiredWith(change: Change): Promise<{ readonly desired: Desired; readonly given: BeforeAndAfter<Tree> }> {
    const rules = await this.#options.rules()
    const file = rules.mergedSettings(this.#options.input)
    const applied = applyChanges(file, [...this.#changes, change], change.time)
    const own = applied.skipped.find((skip) => skip.change === change)
    if (own) throw own.error
    const { settings: before } = applyChanges(file, this.#changes, change.time)
    return { desired: desiredWithChange(rules, this.#options.input, applied), given: { before, after: applied.settings } }
  }

  /** What a change is about; of an undo, what the change is about that it takes back. */
  #pathsOf({ steps, undoes }: Change): readonly Path[] {
    const undone = undoes === undefined ? undefined : this.#changes.find(({ id }) => id === undoes)
    return [...steps.map(({ path }) => path), ...(undone ? this.#pathsOf(undone) : [])]
  }

  /** Of an entry that is created or removed only what was given is shown: nobody chose its defaults. */
  #changedBetween(
    paths: readonly Path[],
    settings: BeforeAndAfter<SpyglassConfig>,
    given: BeforeAndAfter<Tree>,
  ): readonly { readonly path: Path; readonly row: SettingChange }[] {
    const unique = [...new Map(paths.map((path) => [formatName(path), path])).values()]
    return unique.flatMap((path) => {
      if (isDeepStrictEqual(valueAt(settings.before, path), valueAt(settings.after, path))) return []
      const target = targetOf(path)
      const { before, after }: BeforeAndAfter<Tree> = target.type === 'entry' ? given : settings
      const row = {
        name: formatName(path),
        before: shown(valueAt(before, path), target),
        after: shown(valueAt(after, path), target),
        applies: effectOf(path).applies,
      }
      return [{ path, row }]
    })
  }

  /** State first: what is in the history has happened. @throws SPY_ADMIN_UNWRITABLE, and then nothing has */
  #keep(change: Change, changed: readonly SettingChange[]): void {
    const before = this.#changes
    const after = compacted([...before, change], change.time)
    try {
      this.#stored.write(after)
      try {
        this.#history.append(this.#entryOf(change, changed))
      } catch (error) {
        this.#stored.write(before)
        throw error
      }
    } catch (error) {
      throw fail('SPY_ADMIN_UNWRITABLE', [this.#options.folder, messageOf(error)], error)
    }
    this.#changes = after
    this.#setTimer()
  }

  #adopt(desired: Desired, result: ChangeResult): ChangeResult {
    const { settings: before } = this.#desired
    this.#desired = desired
    for (const { name } of result.changed)
      this.#pending.changed(name, {
        running: valueAt(before, parseName(name)),
        desired: valueAt(desired.settings, parseName(name)),
        needs: result.needs,
      })
    for (const listener of this.#listeners) listener(desired.config, result)
    return result
  }

  #entryOf(change: Change, changed: readonly SettingChange[]): HistoryEntry {
    const { id, time, actor, verb, reason, until, undoes } = change
    return {
      change: id,
      time,
      actor,
      verb,
      names: this.#pathsOf(change).map(formatName),
      changed,
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { until }),
      ...(undoes === undefined ? {} : { undoes }),
    }
  }

  /** A crash after a change was kept and before the history had it: the history is completed, without the values. */
  #completeHistory(): void {
    for (const change of this.#changes) {
      if (change.id <= this.#history.lastId) continue
      try {
        this.#history.append(this.#entryOf(change, []))
      } catch (error) {
        this.#options.onProblem?.(`the history cannot be completed: ${messageOf(error)}`)
        return
      }
    }
  }

  #nextId(): number {
    return Math.max(this.#history.lastId, this.#changes.at(-1)?.id ?? 0) + 1
  }

  async #invoke(
    { name, arguments: given = {}, options = {} }: Extract<AdministrationRequest, { verb: 'invoke' }>,
    actor: string,
  ): Promise<Answers['invoke']> {
    const operation = operationNamed(name)
    const values = argumentsOf(operation, given)
    const run = this.#options.executors?.[`${operation.kind.name}.${operation.operation}`]
    if (!run) throw fail('SPY_ADMIN_NO_OPERATION', [name, operation.operation, 'no program here that carries it out'])
    if (options.dryRun) return { result: undefined }
    const outcome = await run({ keys: operation.keys, arguments: values, actor }).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    const change =
      operation.declared.impact === 'info'
        ? undefined
        : this.#recordInvocation({
            name,
            actor,
            options,
            values: shownArguments(operation, values, this.#options.isUploaded ?? (() => false)),
            outcome: shownOutcome(operation, outcome),
          })
    if ('error' in outcome) throw outcome.error
    return { ...(change === undefined ? {} : { change }), result: outcome.result }
  }

  #recordInvocation(invocation: {
    readonly name: string
    readonly actor: string
    readonly options: ActOptions
    readonly values: Readonly<Record<string, unknown>>
    readonly outcome: Outcome
  }): number {
    const { name, actor, options, values, outcome } = invocation
    const change = this.#nextId()
    const failed = 'error' in outcome
    const text = failed ? messageOf(outcome.error) : typeof outcome.result === 'string' ? outcome.result : JSON.stringify(outcome.result)
    this.#history.append({
      change,
      time: this.#now(),
      actor,
      verb: 'invoke',
      names: [name],
      changed: [],
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(Object.keys(values).length === 0 ? {} : { arguments: values }),
      ...(text === undefined ? {} : { result: text.slice(0, MAX_RESULT) }),
      ...(failed ? { failed } : {}),
    })
    return change
  }

  #entries(pattern: string | undefined, limit = Infinity): readonly HistoryEntry[] {
    const matches = pattern === undefined ? () => true : matcherOf(pattern)
    const found = this.#history.entries().filter(({ names }) => names.some(matches))
    return found.slice(Math.max(0, found.length - limit))
  }

  async #diff(): Promise<Answers['diff']> {
    const rules = await this.#options.rules()
    const { input, readAgain } = this.#options
    const read = (from: SettingsInput): SpyglassConfig => rules.checkedSettings(rules.mergedSettings(from), from)
    const file = read(await readAgain())
    return differences({
      file,
      started: read(input),
      desired: this.#desired.settings,
      isPending: (name) => this.#pending.has(name),
      changes: this.#changes,
      now: this.#now(),
    })
  }

  /** Temporary changes end by themselves, also those whose time came while the server was down. */
  #setTimer(): void {
    clearTimeout(this.#timer)
    const ends = this.#temporary().map(({ until = 0 }) => until)
    if (ends.length === 0 || this.#stopped) return
    const waitMs = Math.min(...ends) - this.#now()
    this.#timer = setTimeout(() => void this.#inTurn(() => this.#expire()), Math.max(0, Math.min(waitMs, MAX_TIMER_MS))).unref()
  }

  /** Those whose end is not in the history yet. */
  #temporary(): readonly Change[] {
    return inForce(this.#changes, -Infinity).filter(({ until }) => until !== undefined)
  }

  async #expire(): Promise<void> {
    if (this.#stopped) return
    for (const change of this.#temporary().filter((temporary) => isOver(temporary, this.#now()))) {
      try {
        await this.#change({ actor: 'spyglass', reason: 'its time is over' }, { verb: 'expire', steps: [], undoes: change.id })
      } catch (error) {
        this.#options.onProblem?.(`change ${change.id} cannot be taken back at its time, and stays for another minute: ${messageOf(error)}`)
        this.#postpone(change)
      }
    }
    this.#setTimer()
  }

  /** Another change builds on it. */
  #postpone({ id }: Change): void {
    const until = this.#now() + POSTPONE_MS
    this.#changes = this.#changes.map((change) => (change.id === id ? { ...change, until } : change))
  }
}
