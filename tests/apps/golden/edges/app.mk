# As for errno: what is not named is 0.
APP_CFLAGS := -std=gnu11 -Wall -Wextra -Werror -Wno-missing-field-initializers
