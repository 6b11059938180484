# What the form asks for; package.yaml has the form.

variable "network_source" {
  type    = string
  default = "existing"
}

# Only one of the next two is given.
variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
  default = null
}

variable "app_place" {
  type    = object({ region = string, zone = string })
  default = null
}

variable "network_cidr" {
  type    = string
  default = "10.20.0.0/16"
}

variable "server_type" {
  type = object({ instance_type = string })
}

# What you, the publisher, set.

# The image with your software, hosted in the developer centre.
variable "image_id" {
  type    = string
  default = "img-00000000"
}

# What the platform supplies.

variable "cloudapp_name" {}
