export { connectRedis, type RedisConnection } from './connect-redis.ts'
