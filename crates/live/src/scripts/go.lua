-- Takes a socket away from somebody who is online. What that changes is looked at when the person's timer is due.
--
-- KEYS  1 the person's sockets (hash)   2 where the process is (set)   3 timers (zset)
-- ARGV  1 the socket there              2 the socket at the process    3 the person's timer   4 its time in ms
-- Returns 1 if the timer is due at once
redis.call('SREM', KEYS[2], ARGV[2])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Another socket that is gone may have been given longer.
redis.call('ZADD', KEYS[3], 'GT', now + ARGV[4], ARGV[3])
return tonumber(redis.call('ZSCORE', KEYS[3], ARGV[3])) <= now and 1 or 0
