variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
}

variable "own_group" {
  type    = bool
  default = true
}

# object-call-in-default: object(...) belongs to types; in a default its argument is the value.
variable "disk" {
  type = object({ size = number, type = string })
  default = object({
    size = 50
    type = "CLOUD_BSSD"
  })
}

# variable-without-value: neither the form nor a default supplies it.
variable "runtime_role" {}
