export { connectRedis, type RedisConnection } from './connect-redis.ts'
export { Patience } from './patience.ts'
