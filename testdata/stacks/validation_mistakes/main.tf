variable "other" {
  default = 1
}

variable "foreign" {
  default = 1
  validation {
    condition     = var.other > 0
    error_message = "other"
  }
  validation {
    condition     = alltrue([for x in [1] : x < var.foreign + var.other])
    error_message = "own"
  }
}

variable "constant" {
  validation {
    condition     = alltrue([for x in [1] : x > 0])
    error_message = "always"
  }
}
