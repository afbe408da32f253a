import { describe, expect, it } from 'vitest'
import { parseGet } from '../../../../agent/mbeans/src/jolokia/parse-get.ts'

const parse = (path: string, query = '') => parseGet(path, new URLSearchParams(query))

describe('parseGet', () => {
  it.each([
    ['', { type: 'version' }],
    ['/', { type: 'version' }],
    ['/read/a:b=c', { type: 'read', mbean: 'a:b=c', attribute: undefined, path: [] }],
    ['/read/a:b=c/X', { type: 'read', mbean: 'a:b=c', attribute: 'X', path: [] }],
    ['/read/a:b=c//p', { type: 'read', mbean: 'a:b=c', attribute: undefined, path: ['p'] }],
    ['/read/a:b=c/*/p/q', { type: 'read', mbean: 'a:b=c', attribute: undefined, path: ['p', 'q'] }],
    ['/read/a:b=c/X,Y', { type: 'read', mbean: 'a:b=c', attribute: ['X', 'Y'], path: [] }],
    ['/read/a%3Ab%3Dc/X', { type: 'read', mbean: 'a:b=c', attribute: 'X', path: [] }],
    ['/list/d/k=v', { type: 'list', path: ['d', 'k=v'] }],
    ['/write/a:b=c/X/[null]', { type: 'write', mbean: 'a:b=c', attribute: 'X', value: null, path: [] }],
    ['/exec/a:b=c/f/""/1', { type: 'exec', mbean: 'a:b=c', operation: 'f', arguments: ['', '1'] }],
    ['/notification/register', { type: 'notification', command: 'register', client: undefined }],
    [
      '/notification/add/c/sse/a:b=c/x,y/{}/h',
      { type: 'notification', command: 'add', client: 'c', mode: 'sse', mbean: 'a:b=c', filter: ['x', 'y'], handback: 'h' },
    ],
    ['/notification/add/c/sse/a:b=c/%20', { type: 'notification', command: 'add', client: 'c', mode: 'sse', mbean: 'a:b=c' }],
    ['/notification/remove/c/1', { type: 'notification', command: 'remove', client: 'c', handle: '1' }],
    ['/notification/open/c/sse', { type: 'notification', command: 'open', client: 'c', mode: 'sse' }],
    ['/nope/x', { type: 'nope' }],
  ])('reads %s', (path, fields) => expect(parse(path)).toEqual(fields))

  it('falls back to the parameter p', () => expect(parse('', 'p=/search/*:*')).toEqual({ type: 'search', mbean: '*:*' }))

  it('refuses bad percent-encoding', () =>
    expect(() => parse('/read/%zz')).toThrow(expect.objectContaining({ code: 'SPY_JOLOKIA_BAD_URL' })))
})
