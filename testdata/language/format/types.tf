lifecycle {
    precondition {
        condition = "${a}" == "b"
        error_message = "x ${a} y"
    }
}
check x {
a = "${a}"
  b = "${a}" == "${b}"
}
variable "v" {
  type = "any"
  nullable=true
  validation {
    type = "string"
    condition = can(regex("^[a-z]{1,3}$", var.v))
  }
}
variable "v" {
  type = "${string}"
}
variable "w" {
  type = "bool"
}
variable "w" {
}
