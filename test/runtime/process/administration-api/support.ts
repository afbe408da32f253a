/** The API on a real administration without processes: what operations would do is recorded. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ResourceKind, roles, SpyglassError } from '@spyglass/agent/contract'
import { kinds } from '@spyglass/mbeans/kinds'
import { administrationApi, type AdministrationApiOptions, type ApiCall } from '@spyglass/process/administration-api'
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import { type Administration, type Executors, parseRequest } from '../../../../runtime/src/administration/index.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { worldOf } from '../../administration/support.ts'

export interface ApiWorld {
  readonly app: FastifyInstance
  readonly administration: Administration
  /** Operations that were invoked, with their arguments. */
  readonly invoked: {
    readonly operation: string
    readonly keys: unknown
    readonly arguments: Readonly<Record<string, unknown>>
    readonly actor: string
  }[]
  readonly calls: ApiCall[]
  readonly root: string
  /** The role in the header `role`; by default that of an administrator. */
  readonly send: (
    method: InjectOptions['method'],
    url: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<ReturnType<typeof answerOf>>
}

export interface ApiWorldOptions {
  readonly file?: Readonly<Record<string, unknown>>
  /** What an operation does; it may throw. */
  readonly perform?: (operation: string, values: Readonly<Record<string, unknown>>) => unknown
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly values: Readonly<Record<string, unknown>> }[]
  readonly mayChange?: boolean
  readonly maxUploadBytes?: number
  /** What is followed. */
  readonly follow?: AdministrationApiOptions['follow']
  /** Answers in place of administration. */
  readonly ask?: (call: ApiCall) => Promise<unknown>
}

export async function apiWorld({
  file = {},
  perform,
  resources = [],
  mayChange = true,
  maxUploadBytes = 1000,
  ask,
  follow = async function* () {},
}: ApiWorldOptions = {}): Promise<ApiWorld> {
  const root = tempFolder()
  mkdirSync(join(root, 'applications/shop'), { recursive: true })
  const invoked: ApiWorld['invoked'] = []
  const calls: ApiCall[] = []
  const executors: Executors = Object.fromEntries(
    Object.values<ResourceKind>(kinds).flatMap((kind) =>
      Object.keys(kind.operations ?? {}).map((name) => {
        const operation = `${kind.name}.${name}`
        const isTable = typeof kind.operations?.[name]?.result === 'object'
        return [
          operation,
          async ({ keys, arguments: values, actor }) => {
            invoked.push({ operation, keys, arguments: values, actor })
            return perform ? await perform(operation, values) : name === 'logs' ? ['done'] : isTable ? [] : 'done'
          },
        ] satisfies [string, Executors[string]]
      }),
    ),
  )
  const administration = worldOf(root, file).start({ executors })
  const app = fastify()
  await app.register(administrationApi, {
    prefix: '/api/v1',
    principalOf: ({ headers }) => ({ actor: 'anna', role: roles.find((role) => role === headers['role']) ?? 'administrator', source: '' }),
    async ask(call, principal) {
      calls.push(call)
      if (ask) return ask(call)
      if (call.method === 'read') return readFrom(resources, call)
      return administration.answer(parseRequest(call.method as 'get', call.params), principal)
    },
    follow: (call, principal, gone) => follow(call, principal, gone),
    mayChange: () => mayChange,
    uploads: { folder: join(root, 'uploads'), maxBytes: maxUploadBytes },
  })
  onTestFinished(() => app.close())
  const send: ApiWorld['send'] = async (method, url, body, headers = {}) => {
    const payload = body === undefined ? {} : { payload: body as InjectOptions['payload'] & object }
    return answerOf(await app.inject({ method: method ?? 'GET', url: `/api/v1${url}`, headers, ...payload }))
  }
  return { app, administration, invoked, calls, root, send }
}

const readFrom = (resources: NonNullable<ApiWorldOptions['resources']>, { params }: ApiCall): unknown => {
  const [pattern = ''] = params['patterns'] as readonly string[]
  return resources.filter(({ name }) => name === pattern || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1))))
}

function answerOf(response: { readonly statusCode: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }) {
  const { statusCode: status, headers, body } = response
  return { status, headers, text: body, json: body === '' ? undefined : (JSON.parse(body) as unknown) }
}

export const refusal = (code: string): Error => new SpyglassError(code, '%s', ['refused on purpose'])
