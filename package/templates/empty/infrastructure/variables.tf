# What you, the publisher, set.

variable "region" {
  type    = string
  default = "ap-guangzhou"
}
