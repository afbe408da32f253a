import { expect, test } from 'vitest'
import { Questions } from '../../../runtime/src/decider/questions.ts'

test('each question gets its own answer, in whatever order they come', async () => {
  const questions = new Questions()
  const ids: number[] = []
  const asked = ['a', 'b'].map((name) => questions.ask(name, (id) => void ids.push(id)))
  questions.answered({ type: 'answer', id: ids[1] ?? 0, result: 2 })
  questions.answered({ type: 'answer', id: 99, result: 3 })
  questions.answered({ type: 'answer', id: ids[0] ?? 0, result: 1 })
  expect(await Promise.all(asked)).toEqual([1, 2])
})

test('what went wrong there is told, as is silence', async () => {
  const questions = new Questions()
  const failing = questions.ask('shop-1', (id) =>
    queueMicrotask(() => questions.answered({ type: 'answer', id, error: 'no such request' })),
  )
  await expect(failing).rejects.toMatchObject({
    code: 'SPY_INSTANCE_ANSWER',
    message: expect.stringContaining('no such request') as string,
  })
  const refused = questions.ask('shop-1', (id) =>
    queueMicrotask(() => questions.answered({ type: 'answer', id, error: 'not now', code: 'SPY_PROFILE_RUNNING' })),
  )
  await expect(refused).rejects.toMatchObject({ code: 'SPY_PROFILE_RUNNING', message: 'not now' })
  await expect(questions.ask('shop-1', () => {}, 1)).rejects.toMatchObject({ code: 'SPY_INSTANCE_SILENT' })
})
