import { damageReporter } from '@spyglass/process/durable-file'
import type { EventInput } from '@spyglass/agent/registry'
import { expect, test } from 'vitest'

function reported(setAside: string | undefined, fromPrevious: boolean) {
  const lines: string[] = []
  const events: EventInput[] = []
  const report = damageReporter({
    serverName: 's',
    log: ({ code }, message) => lines.push(`${code} ${message}`),
    emit: (event) => events.push(event),
  })
  report({ fromPrevious: 'the copy took its place', lost: 'rows are renumbered' })({
    file: '/d/rows.json',
    reason: 'it is empty',
    setAside,
    fromPrevious,
  })
  return { line: lines.join('\n'), events }
}

test('the log and an event say what is wrong, where the file is now, and what it costs', () => {
  const { line, events } = reported('/d/rows.json.damaged-1', true)
  expect(line).toBe(
    'SPY_STATE_DAMAGED state file /d/rows.json is damaged: it is empty. It was set aside as /d/rows.json.damaged-1; the copy took its place.',
  )
  expect(events).toMatchObject([
    {
      name: 'spyglass.state.damaged',
      resource: 'spyglass:type=Server,name=s',
      attributes: { file: '/d/rows.json', reason: 'it is empty' },
    },
  ])
})

test('a loss is reported, and so is a file that could not be moved', () => {
  expect(reported(undefined, false).line).toContain('It could not be moved; rows are renumbered.')
})
