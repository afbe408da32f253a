/**
 * A profile in the form of V8 (`.cpuprofile`), which the developer tools of browsers and editors open. Stored are stacks with their time, not when each ran: the
 * longest come first.
 */

interface CallFrame {
  readonly functionName: string
  readonly scriptId: string
  readonly url: string
  /** From 0; -1: none. */
  readonly lineNumber: number
  readonly columnNumber: number
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children: number[]
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly endTime: number
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

const PLACE = /^(.*?)(?: \((.+?)(?::(\d+))?\))?$/

/** Of the lines `outer;inner microseconds`. */
export function cpuProfile(folded: string): CpuProfile {
  const nodes: ProfileNode[] = []
  const known = new Map<string, number>()
  const nodeOf = (path: string, frame: string, parent: ProfileNode | undefined): ProfileNode => {
    const found = nodes[(known.get(path) ?? 0) - 1]
    if (found) return found
    const node = { id: nodes.length + 1, callFrame: callFrameOf(frame), children: [] }
    nodes.push(node)
    known.set(path, node.id)
    parent?.children.push(node.id)
    return node
  }
  const root = nodeOf('', '(root)', undefined)
  const samples: number[] = []
  const timeDeltas: number[] = []
  let [endTime, before] = [0, 0]
  for (const line of folded.split('\n')) {
    const at = line.lastIndexOf(' ')
    const micros = Number(line.slice(at + 1))
    if (at <= 0 || !(micros > 0)) continue
    let [node, path] = [root, '']
    for (const frame of line.slice(0, at).split(';')) {
      path += `;${frame}`
      node = nodeOf(path, frame, node)
    }
    samples.push(node.id)
    timeDeltas.push(before)
    before = micros
    endTime += micros
  }
  return { nodes, startTime: 0, endTime, samples, timeDeltas }
}

function callFrameOf(frame: string): CallFrame {
  const [, name = '', url = '', line = '0'] = PLACE.exec(frame) ?? []
  const isInternal = url === '' || name === ''
  return {
    functionName: isInternal ? frame : name === '<anonymous>' ? '' : name,
    scriptId: '0',
    url: isInternal ? '' : url,
    lineNumber: isInternal ? -1 : Number(line) - 1,
    columnNumber: -1,
  }
}
