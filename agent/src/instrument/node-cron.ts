/** Runs of the jobs of node-cron: each is a root, named by the job, else by its function, else by its expression. */
import { job } from '../recorder/kinds/job.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { runRoot } from '../recorder/run-root.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

type Task = (this: unknown, ...args: unknown[]) => unknown
type CreateTask = (this: unknown, expression: string, task: Task | string, options?: { readonly name?: string }) => unknown

const SYSTEM = 'node-cron'

export const nodeCron: Instrumentation = {
  name: 'node-cron',
  package: 'node-cron',
  versions: ['3.0.0', '5.0.0'],
  by: 'module hook',
  records: 'runs of jobs that are functions',
  kinds: [job.name],
  forms: ['esm', 'cjs', 'tsx'],
  mark: 'Could not locate task file',
  attach: ({ recorder }) => [
    {
      file: /^(?:src|dist(?:\/cjs|\/esm)?)\/node-cron\.c?m?js$/,
      // A function of the module that its others call, in CommonJS and in a module alike.
      append: (call) => `createTask = ${call} createTask)`,
      apply: (createTask: CreateTask) => patched(createTask, recorder),
    },
  ],
}

function patched(createTask: CreateTask, recorder: Recorder): CreateTask {
  if (typeof createTask !== 'function') throw fail('SPY_AGENT_LIBRARY', ['node-cron', 'createTask'])
  return function createRecordedTask(expression, task, options) {
    return createTask.call(
      this,
      expression,
      typeof task === 'function' ? recorded(task, nameOf(expression, task, options), recorder) : task,
      options,
    )
  }
}

const nameOf = (expression: string, task: Task, options?: { readonly name?: string }): string => options?.name ?? (task.name || expression)

function recorded(task: Task, name: string, recorder: Recorder): Task {
  return function runRecorded(this: unknown, ...args) {
    return runRoot(recorder, { kind: job, detail: { system: SYSTEM, name }, name }, () => task.apply(this, args))
  }
}
