# What the form asks for; package.yaml has the form.

variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string, zone_id = string })
  })
}

variable "server_type" {
  type = object({ instance_type = string })
}

variable "app_group" {
  type = object({
    security_group = object({ id = string })
  })
}

# What you, the publisher, set.

# The image with your software, hosted in the developer centre.
variable "image_id" {
  type    = string
  default = "img-00000000"
}

# What the platform supplies.

variable "cloudapp_name" {}
