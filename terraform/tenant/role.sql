-- A role that allows nothing, one for the whole instance. A user that the API makes without any role is a superuser
-- (`cloudsqlsuperuser`) and could read every tenant's database; one that is made with a role is not.
CREATE ROLE IF NOT EXISTS 'aipress_tenant';
