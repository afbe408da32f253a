export { type Inspector, type Paused, pausedFrames } from './paused-frames.ts'
