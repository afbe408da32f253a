/**
 * Operations of GraphQL: `execute` of graphql, which Apollo Server and Mercurius call, and the one of @graphql-tools/executor, which Yoga has. A
 * resolver that fails is answered with status 200: its exception is the request's all the same.
 */
import { isPromise } from 'node:util/types'
import { attempt, guarded } from '../guard/guard.ts'
import type { Child } from '../recorder/child.ts'
import { currentRecord } from '../recorder/context.ts'
import { valueIn } from '../recorder/error-text.ts'
import { type GraphqlOperation, graphqlOperation, operationAttributes } from '../recorder/kinds/graphql.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'
import { isServerFault } from './note-fault.ts'

interface Definition {
  readonly kind: string
  readonly operation?: string
  readonly name?: { readonly value: string }
}

interface Execution {
  readonly document?: { readonly definitions?: readonly Definition[] }
  readonly operationName?: string | null
}

type Execute = (this: unknown, ...args: unknown[]) => unknown

const common = {
  by: 'module hook',
  records: 'type and name of each operation, exceptions of resolvers; no documents and no variables',
  kinds: [graphqlOperation.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
} as const

export const graphql: Instrumentation = {
  ...common,
  name: 'graphql',
  package: 'graphql',
  versions: ['15.0.0', '18.0.0'],
  mark: 'Must provide document.',
  attach: ({ recorder }) => patchesOf(recorder, /^execution\/execute\.js$/, /^execution\/execute\.mjs$/),
}

/** Of graphql-yoga. */
export const graphqlToolsExecutor: Instrumentation = {
  ...common,
  name: 'graphql-tools-executor',
  package: '@graphql-tools/executor',
  versions: ['1.0.0', '3.0.0'],
  attach: ({ recorder }) => patchesOf(recorder, /^(?:dist\/)?cjs\/execution\/execute\.js$/, /^(?:dist\/)?esm\/execution\/execute\.js$/),
}

/** A function that a module declares and exports is a variable of that module. */
function patchesOf(recorder: Recorder, cjs: RegExp, esm: RegExp): ModulePatch[] {
  const apply = (execute: Execute): Execute => recordedExecute(recorder, execute)
  return [
    { file: cjs, append: (call) => `exports.execute = ${call} exports.execute)`, apply },
    { file: esm, append: (call) => `try { execute = ${call} execute) } catch {}`, apply },
  ]
}

function recordedExecute(recorder: Recorder, execute: Execute): Execute {
  const ended = guarded('graphql.end', endWith)
  return function executeRecorded(...args) {
    const child = attempt('graphql.execute', () => begun(recorder, args), undefined)
    if (!child) return execute.apply(this, args)
    try {
      const result = execute.apply(this, args)
      if (!isPromise(result)) {
        ended(child, result)
        return result
      }
      return result.then(
        (value) => {
          ended(child, value)
          return value
        },
        (error: unknown) => {
          child.end(error)
          throw error
        },
      )
    } catch (error) {
      child.end(error)
      throw error
    }
  }
}

/** Before version 16 the arguments may come one by one. */
function begun(recorder: Recorder, args: readonly unknown[]): Child<GraphqlOperation> | undefined {
  const [first] = args
  const execution = (args.length > 1 ? { document: args[1], operationName: args[5] } : first) as Execution
  const detail = operationOf(execution)
  const record = currentRecord()
  if (record) Object.assign(record.addition().attributes, operationAttributes(detail))
  return recorder.startChild(graphqlOperation, detail)
}

function operationOf({ document, operationName }: Execution): GraphqlOperation {
  const operations = document?.definitions?.filter(({ kind }) => kind === 'OperationDefinition') ?? []
  const operation = operationName ? operations.find(({ name }) => name?.value === operationName) : operations[0]
  return { type: operation?.operation ?? '', name: operation?.name?.value.slice(0, 128) ?? '' }
}

/** What the application throws on purpose, a GraphQLError or one made of it, is an answer; anything else is a fault. */
function endWith(child: Child<GraphqlOperation>, result: unknown): void {
  const errors = valueIn(result, 'errors')
  const fault = Array.isArray(errors) ? errors.map((each) => valueIn(each, 'originalError')).find(isFault) : undefined
  const record = currentRecord()
  if (fault !== undefined && record) {
    record.error = fault
    record.errorStands = true
  }
  child.end(fault)
}

/** Every GraphQLError has extensions, whatever its name. */
const isFault = (error: unknown): boolean => isServerFault(error) && typeof valueIn(error, 'extensions') !== 'object'
