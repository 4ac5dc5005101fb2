-- What a tenant's user may do: anything in its own database, nothing elsewhere. The grant is the user's own: it is in
-- force without a role being switched on, and goes with the user when the API drops that one.
-- Database names hold no `_` and no `%`: in a grant they would stand for any character, except with partial_revokes.
GRANT ALL PRIVILEGES ON `${database}`.* TO '${user}'@'%';
-- A user that was made before there was a role, or by hand. MySQL 8.0.30; MariaDB skips it, and has no such role.
/*!80030 REVOKE IF EXISTS 'cloudsqlsuperuser' FROM '${user}'@'%' IGNORE UNKNOWN USER */;
