/** Keeps what runs in step with the auto-deploy folder: looks at it by a timer, and does what auto-deploy.ts says. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@spyglass/agent/contract'
import { type Damage, openStateFile, type StateFile, wrongShape } from '@spyglass/process/durable-file'
import { applicationName } from './application-name.ts'
import { type AutoDeployState, nothingKnown, planAutoDeploy, withOutcome } from './auto-deploy.ts'
import { checkLink } from './deploy-link.ts'
import type { Deployer } from './deployer.ts'
import { lookAt } from './look.ts'

export interface AutoDeployerOptions {
  readonly folder: string
  /** The data folder of the server, which no link may lead into. */
  readonly dataRoot: string
  /** Where it is kept what came from the folder, so that a restart deploys nothing twice. */
  readonly stateFile: string
  readonly intervalMs: number
  readonly deployer: Pick<Deployer, 'deploy' | 'undeploy'>
  readonly onDamage: (damage: Damage) => void
  readonly log: { warn(fields: object, message: string): void }
}

/** As the history names it. */
const ACTOR = 'auto-deploy'

type Known = readonly (readonly [name: string, mark: string, outcome: 'deployed' | 'failed'])[]

export class AutoDeployer {
  readonly #options: AutoDeployerOptions
  readonly #file: StateFile<Known>
  #state: AutoDeployState
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: AutoDeployerOptions) {
    this.#options = options
    this.#file = openStateFile({ file: options.stateFile, parse: parseKnown, onDamage: options.onDamage })
    const known = (this.#file.read() ?? []).map(([name, mark, outcome]) => [name, { mark, outcome }] as const)
    this.#state = { ...nothingKnown, last: new Map(known.map(([name, { mark }]) => [name, mark])), known: new Map(known) }
  }

  start(): void {
    void this.#again()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** One look, and what follows from it. Never throws: what fails is in `NAME.failed` and in the log. */
  async look(): Promise<void> {
    const { folder, dataRoot, log } = this.#options
    try {
      const { actions, state } = planAutoDeploy(this.#state, await lookAt({ folder, dataRoot }))
      const before = this.#state.known
      this.#state = state
      for (const { do: verb, name } of actions) await (verb === 'deploy' ? this.#deploy(name) : this.#undeploy(name))
      for (const name of before.keys()) if (!this.#state.known.has(name)) await rm(failedFile(folder, name), { force: true })
      if (this.#state.known !== before) this.#keep()
    } catch (error) {
      log.warn({ err: messageOf(error), folder }, 'cannot look at the auto-deploy folder')
    }
  }

  async #again(): Promise<void> {
    await this.look()
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#again(), this.#options.intervalMs).unref()
  }

  async #deploy(name: string): Promise<void> {
    const { folder, dataRoot, deployer, log } = this.#options
    try {
      await checkLink(join(folder, name), { folder, dataRoot })
      await deployer.deploy({ source: join(folder, name) }, ACTOR)
      this.#state = withOutcome(this.#state, name, 'deployed')
      await rm(failedFile(folder, name), { force: true })
    } catch (error) {
      this.#state = withOutcome(this.#state, name, 'failed')
      log.warn({ err: messageOf(error), source: join(folder, name) }, 'could not deploy')
      await this.#tellFailure(name, error)
    }
  }

  async #undeploy(name: string): Promise<void> {
    try {
      await this.#options.deployer.undeploy(applicationName(name), ACTOR)
    } catch (error) {
      this.#options.log.warn({ err: messageOf(error), name }, 'could not undeploy') // somebody has undeployed it by a command
    }
  }

  async #tellFailure(name: string, error: unknown): Promise<void> {
    const { folder, log } = this.#options
    try {
      await mkdir(folder, { recursive: true })
      await writeFile(failedFile(folder, name), `${new Date().toISOString()} ${messageOf(error)}\n`)
    } catch (failure) {
      log.warn({ err: messageOf(failure) }, 'cannot write why a deployment failed')
    }
  }

  #keep(): void {
    this.#file.write([...this.#state.known].map(([name, { mark, outcome }]) => [name, mark, outcome]))
  }
}

const failedFile = (folder: string, name: string): string => join(folder, `${name}.failed`)

function parseKnown(content: unknown): Known {
  if (Array.isArray(content) && content.every((one) => Array.isArray(one) && one.every((text) => typeof text === 'string')))
    return content as unknown as Known
  throw wrongShape('it does not contain what was deployed')
}
