-- Gives a lease back, if it is still held.
--
-- KEYS  1 the lease (string)
-- ARGV  1 who held it
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
