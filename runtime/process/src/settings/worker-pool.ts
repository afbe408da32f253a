import { declareSettings } from './declaration.ts'
import { milliseconds, name } from './shapes.ts'

export const workerPoolSettings = declareSettings({
  name: name('Name of the pool, which applications look it up by.'),
  file: {
    type: 'text',
    required: true,
    minLength: 1,
    checks: [{ is: (text: string) => !/^\/|(^|\/)\.\.(\/|$)/.test(text), allowed: 'a path inside the folder of the application' }],
    description: 'Module of the application whose functions run in the workers, as a path from its folder: `workers/resize.js`.',
  },
  min: {
    type: 'int',
    min: 1,
    max: 256,
    default: 1,
    applies: 'live',
    description: 'Tasks that may run at once in each instance, at least.',
  },
  max: {
    type: 'int',
    min: 1,
    max: 256,
    default: 4,
    applies: 'live',
    description: 'The same at most. Between the two it follows the tasks that wait and the CPU that is left.',
  },
  maxWaiting: {
    type: 'int',
    min: 0,
    max: 1_000_000,
    default: 100,
    applies: 'live',
    description: 'Tasks that may wait; further ones are refused.',
  },
  timeoutMs: {
    ...milliseconds(30_000, 'How long a task may run; then its worker is ended. 0: as long as it likes.', 0, 86_400_000),
    applies: 'live',
  },
  maxHeapBytes: {
    type: 'int',
    min: 4_194_304,
    max: 68_719_476_736,
    unit: 'By',
    description: 'Heap limit of a worker. One that exceeds it ends alone, with its task. Not set: as Node.js sets it.',
  },
})
