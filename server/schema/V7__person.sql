-- What an office may keep of a person of its roster besides. employment: 用工形式 in the office's own
-- words; member: 1 a member of the union, 0 none; null where the office does not say.
ALTER TABLE person ADD COLUMN employment TEXT;
ALTER TABLE person ADD COLUMN member INTEGER;
