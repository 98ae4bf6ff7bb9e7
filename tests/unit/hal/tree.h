/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_HAL_TREE_H
#define TESTS_UNIT_HAL_TREE_H

/* A small /sys in a folder; parents are made as needed, failures are failures of the test. */

#define TREE_TEMPLATE "/tmp/tree-XXXXXX"

/* Make the folder itself; root is a char array with TREE_TEMPLATE. */
void tree_new(char *root);
void tree_remove(const char *root);
void tree_dir(const char *root, const char *path);
void tree_file(const char *root, const char *path, const char *text);
void tree_link(const char *root, const char *path, const char *target);

#endif
