APP_CFLAGS := -Itests/apps/hostile
