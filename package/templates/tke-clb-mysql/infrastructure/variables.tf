# What the form asks for; package.yaml has the form.

variable "app_target" {
  type = object({
    region = string
    vpc    = object({ id = string })
    subnet = object({ id = string, zone = string })
  })
}

variable "node_type" {
  type = object({ instance_type = string })
}

variable "app_group" {
  type = object({
    security_group = object({ id = string })
  })
}

# What you, the publisher, set.

# The image in the package's registry, without the registry's host.
variable "image" {
  type    = string
  default = "my-package/app:1.0.0"
}

# Addresses of the containers; they must not overlap with the network.
variable "cluster_cidr" {
  type    = string
  default = "172.20.0.0/16"
}

# What the platform supplies.

variable "cloudapp_name" {}
variable "cloudapp_cam_role" {}
variable "cloudapp_repo_server" {}
variable "cloudapp_repo_username" {}
variable "cloudapp_repo_password" {}
