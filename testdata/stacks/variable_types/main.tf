variable "machine" {
  type = object({
    name = string
    size = optional(number, 20)
    disk = optional(object({ kind = optional(string, "ssd"), tags = optional(map(string)) }), {})
  })
  default = { name = "default" }
}

variable "zones" {
  type = map(object({
    subnets = optional(list(object({ cidr = string, public = optional(bool, true) })), [{ cidr = "10.0.0.0/24" }])
  }))
  default = {}
}

variable "ports" {
  type    = set(number)
  default = []
}

variable "pair" {
  type    = tuple([string, number])
  default = ["a", 1]
}

variable "anything" {
  type    = any
  default = null
}

variable "alike" {
  type    = list(any)
  default = []
}

variable "count_of" {
  type     = number
  default  = 3
  nullable = false
}

output "machine" {
  value = var.machine
}

output "zones" {
  value = var.zones
}

output "ports" {
  value = var.ports
}

output "pair" {
  value = var.pair
}

output "anything" {
  value = var.anything
}

output "alike" {
  value = var.alike
}

output "count_of" {
  value = var.count_of
}

# A name may be written with a combining character: it is the same name.
variable "combined" {
  type    = object({ café = string })
  default = { café = "x" }
}
