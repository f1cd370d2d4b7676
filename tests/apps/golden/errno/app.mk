# For the tables of rows: members that are not named are 0.
APP_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -Wno-missing-field-initializers
