/** What the whole process uses, by the names of the semantic conventions. */
import process from 'node:process'
import type { MetricRecord } from '../otlp/records.ts'

export function processMetrics(startMs: number, nowMs: number): MetricRecord[] {
  const cpu = process.cpuUsage()
  const point = { startMs, timeMs: nowMs }
  return [
    {
      type: 'sum',
      name: 'process.cpu.time',
      description: 'CPU time the process has used.',
      unit: 's',
      monotonic: true,
      temporality: 'cumulative',
      points: [
        { ...point, value: cpu.user / 1e6, attributes: { 'cpu.mode': 'user' } },
        { ...point, value: cpu.system / 1e6, attributes: { 'cpu.mode': 'system' } },
      ],
    },
    {
      type: 'gauge',
      name: 'process.memory.usage',
      description: 'Resident memory of the process.',
      unit: 'By',
      points: [{ timeMs: nowMs, value: process.memoryUsage.rss() }],
    },
    {
      type: 'gauge',
      name: 'process.uptime',
      description: 'Time since the process started.',
      unit: 's',
      points: [{ timeMs: nowMs, value: process.uptime() }],
    },
  ]
}
