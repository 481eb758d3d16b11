-- Tries whether a key can be written. It is gone after a second.
-- KEYS: trial
redis.call('SET', KEYS[1], '1', 'PX', 1000)
return 1
