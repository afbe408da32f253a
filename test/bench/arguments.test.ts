import { expect, test } from 'vitest'
import { readArguments } from '../../bench/arguments.ts'

const ALL = ['agent-overhead', 'idle', 'store']

test('without a name all run, and what is said of the results is for the runner', () => {
  expect(readArguments([], ALL)).toEqual({ names: ALL, handedOn: [], check: false, update: false, complaints: [] })
  expect(readArguments(['store', '--check', 'idle'], ALL)).toMatchObject({ names: ['idle', 'store'], handedOn: [], check: true })
  expect(readArguments(['--update'], ALL)).toMatchObject({ names: ALL, update: true })
})

test('one benchmark is handed what is not for the runner', () => {
  expect(readArguments(['agent-overhead', '--quick', 'fetch', '--check'], ALL)).toEqual({
    names: ['agent-overhead'],
    handedOn: ['--quick', 'fetch'],
    check: true,
    update: false,
    complaints: [],
  })
})

test('with none or several, nothing is handed on', () => {
  expect(readArguments(['stor'], ALL)).toMatchObject({
    names: [],
    complaints: [expect.stringMatching(/^no such benchmark: stor\. There is: agent-/)],
  })
  expect(readArguments(['idle', 'store', '--quick'], ALL)).toMatchObject({
    names: ['idle', 'store'],
    handedOn: [],
    complaints: ['--quick is for one benchmark: name it'],
  })
})
